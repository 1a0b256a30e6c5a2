import {squarePicture} from './src/media/prepare.ts';
import {CLIP_MEAN as mean,CLIP_STD as std} from './src/media/image-processor.ts';
const P={width:4000,height:3000,data:new Uint8Array(36e6).map((_,i)=>i*2654435761>>>24)};
for(const aspect of ['pad','pad','pad','crop','pad','crop'] as const){const t=performance.now(),c=process.cpuUsage();squarePicture(P,{size:336,mean,std,rescaleFactor:1/255,aspect});const u=process.cpuUsage(c);console.log(aspect,Math.round(performance.now()-t),'cpu',Math.round(u.user/1000))}
